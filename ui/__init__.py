"""All that knows Streamlit besides app.py, serve.py, lab.py and pages/."""
