"""The gallery: a static page on which sounds and their candidates are heard side by side.

    sounds --Workshop.match--> folders of presets --rows--> Row --sounds, pages--> files --folder-->

``commands`` is the command from top to bottom. The pages themselves are in ``page/``: HTML, CSS and
JavaScript without any library, put together so that a browser asks nobody else for anything.
``answers`` reads what listeners said on the blind page.
"""
