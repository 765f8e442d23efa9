"""Computes and draws; knows nothing of Streamlit. A notebook can use every line of it."""
