"""The playground: a page on loopback where one person plays everybody, without Slack or Teams."""
