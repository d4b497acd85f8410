"""The web app: what the library computes, drawn in a browser, and an HTTP API behind it.

Nothing is computed here. A room parses what was asked, calls the library and answers; the pages
draw what comes back.
"""
