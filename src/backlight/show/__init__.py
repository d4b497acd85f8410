"""Pictures: overlays on photos, pixel maps, and the self-contained HTML page.

Pure drawing. Arrays, strings and PIL images go in; PIL images, HTML text and files come out.
Nothing here knows what a model is, and nothing is imported until it is asked for by its module:
`colour` (the two colour maps), `overlay` (a map on a photo), `page_data` and `page` (the page),
`files` (writing a file whole or not at all).
"""
