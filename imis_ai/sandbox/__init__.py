"""A stand-in for iMIS: a program of its own that speaks the REST dialect and serves a synthetic association.

It exists for the demo and for tests and imports nothing of the product. What it answers follows public
documentation and public client code; where those are silent it chooses (an unknown query is a 404, a
merged-away contact a 404 unless `--merged-answer D`, PUT answers 200, a new business object is
unreachable until flagged), and a real site may differ. Nothing here was compared with a live iMIS. The
association is invented: names, firms and comments are drawn from lists, e-mail addresses and telephone
numbers are of reserved ranges.

    python -m imis_ai.sandbox --port 8100 --members 5000         serve (log in as imis_ai / sandbox)
    python -m imis_ai.sandbox --dump FOLDER                      write the association as CSV files
    with imis_ai.sandbox.server.start(members=300) as running:   in a test; running.url

Not there: attendance and credit entities, forms, orders beyond ComboOrder, metadata, `_query`,
`_addMultiple`, DuesImportPackage, SSO and refresh tokens.
"""
