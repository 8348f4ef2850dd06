"""Log-in: who is calling, and in whose name an application may ask.

`OAuth` is the authorization server (OAuth 2.1: codes with S256 PKCE, one-time refresh tokens, institutions by
`private_key_jwt`) and the judge of its access tokens. It is made once, with what it needs, and kept by whoever made
it; the API asks it for the `Actor` of each request.
"""

from api.oauth.counting import Counting, network_of
from api.oauth.front_door import METADATA_PATH, OAuth, TokenRefused
from api.oauth.pages import DemoLogIn
from api.oauth.text_codes import Messages

__all__ = ["METADATA_PATH", "Counting", "DemoLogIn", "Messages", "OAuth", "TokenRefused", "network_of"]
