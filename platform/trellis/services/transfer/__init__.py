"""Import and export: files of rows in, files of rows out."""
