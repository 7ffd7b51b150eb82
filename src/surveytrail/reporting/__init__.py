"""The report: pages, tables and the ledger staged as one Quarto project, and rendered to HTML, PDF and DOCX."""
