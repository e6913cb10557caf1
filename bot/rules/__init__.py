"""Pure decisions: values in, values out, without a store, texts or a clock."""
