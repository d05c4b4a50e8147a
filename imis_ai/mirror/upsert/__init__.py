"""From parsed records to rows: encoding by column, looking up references, COPY. `mirror.actions.save` calls it."""
