"""The truth about a derivative, and its error bar."""
