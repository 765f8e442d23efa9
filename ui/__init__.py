"""All that knows Streamlit besides app.py, serve.py and pages/."""
