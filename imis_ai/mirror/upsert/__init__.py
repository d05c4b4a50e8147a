"""From parsed records to rows: encoding by column, references, COPY. Called by `mirror.actions.save`."""
