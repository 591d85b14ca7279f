"""Results shown: the static site, the workbook, the export, the terminal. Nothing here computes a number."""
