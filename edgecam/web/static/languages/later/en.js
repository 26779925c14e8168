/**
 * English: what there is to say in panels that few open; loaded with the first of them. As en.js is.
 */
export default {
  "adjust": {
    "title": "Adjust the camera",
    "reset": "Reset to defaults",
    "is-reset": "The camera is as it comes",
    "aim": "Tap the picture",
    "names": {
      "brightness": "Brightness", "contrast": "Contrast", "saturation": "Saturation", "hue": "Hue",
      "gamma": "Gamma", "sharpness": "Sharpness", "noise-reduction": "Noise reduction",
      "exposure-auto": "Automatic exposure", "exposure-mode": "Exposure",
      "exposure-time": "Exposure time", "gain-auto": "Automatic gain", "gain": "Gain",
      "white-balance-auto": "Automatic white balance", "white-balance": "White balance",
      "red-gain": "Red", "blue-gain": "Blue", "focus-mode": "Focus",
      "focus-auto": "Continuous focus", "focus-once": "Focus once",
      "focus-position": "Focus distance", "focus-area": "Focus where I tap",
      "zoom": "Zoom of the camera", "pan": "Left and right", "tilt": "Up and down",
      "frame-rate": "Pictures a second", "power-line": "Flicker of lamps",
      "backlight": "Backlight compensation"
    },
    "choices": {
      "off": "Off", "auto": "Once", "continuous": "Continuous", "manual": "Manual", "fast": "Fast",
      "high-quality": "Best", "minimal": "Minimal"
    },
    "units": {
      "x": "×", "fps": "fps"
    }
  },
  "settings": {
    "title": "Account and settings",
    "close": "Close",
    "sure": "Sure?",
    "copy": "Copy",
    "copied": "Copied",
    "share": "Share",
    "once": "Copy it now: it can't be shown again.",
    "remove": "Remove",
    "revoke": "Revoke",
    "name": "Name",
    "role": "Role",
    "roles-hint": "Viewers watch and listen. Operators also talk. Admins decide who else may do what.",
    "roles": {
      "viewer": "Viewer",
      "operator": "Operator",
      "admin": "Admin"
    },
    "since": "since {time}",
    "you": "You are {name}, {role}.",
    "console": "Whoever is at the device",
    "own": "Where you are signed in",
    "pages": {
      "account": "You",
      "watching": "Watching now",
      "people": "People",
      "guests": "Guest links",
      "sessions": "Signed in",
      "tokens": "API tokens",
      "log": "Log"
    },
    "password": {
      "title": "Your password",
      "old": "Password until now",
      "new": "New password",
      "hint": "At least 10 characters. A few words in a row make a good one.",
      "change": "Change the password",
      "done": "The password is changed"
    },
    "people": {
      "add": "Add somebody",
      "password": "New password for this account",
      "ends": "Signs the account out everywhere."
    },
    "guests": {
      "hint": "Whoever has a guest link comes in without a password, until it ends or is used up.",
      "name": "For whom",
      "lasts": "Lasts",
      "uses": "Can be opened so often",
      "hour": "an hour",
      "day": "a day",
      "week": "a week",
      "month": "30 days",
      "left": "{role} · {count} left · until {time}",
      "used": "{role} · used up · what it opened lasts until {time}",
      "add": "Make a guest link",
      "made": "Link for {name}",
      "qr": "Show its QR code",
      "qr-of": "QR code of the link for {name}"
    },
    "tokens": {
      "hint": "For programs, which send it with each request: Authorization: Bearer TOKEN.",
      "add": "Make a token",
      "made": "Token of {name}"
    },
    "sessions": {
      "hint": "Ending one signs that browser out, and ends its call at once.",
      "end": "Sign out",
      "own": "this browser"
    },
    "privacy": {
      "title": "Privacy switch",
      "on": "Camera and microphone are closed",
      "off": "Camera and microphone open while somebody watches",
      "board": "Turned on at the device",
      "turn-on": "Turn on",
      "turn-off": "Turn off"
    },
    "watching": {
      "end": "Hang up",
      "nobody": "Nobody is watching",
      "kinds": {
        "call": "call",
        "mjpeg": "picture stream",
        "snapshot": "single pictures"
      }
    },
    "log": "The last 200 entries.",
    "events": {
      "signed in": "Signed in",
      "signed out": "Signed out",
      "sign-in failed": "Failed to sign in",
      "one-time link opened": "Came in by a one-time link",
      "set up": "Made the first account",
      "set-up code wrong": "Wrong set-up code",
      "password change failed": "Failed to change the password",
      "account made": "Made an account",
      "account removed": "Removed an account",
      "password changed": "Changed a password",
      "role changed": "Changed a role",
      "link made": "Made a guest link",
      "link used": "Opened a guest link",
      "link revoked": "Revoked a guest link",
      "token made": "Made an API token",
      "token revoked": "Revoked an API token",
      "sessions ended": "Signed others out",
      "hung up on": "Hung up on somebody",
      "privacy switch on": "Turned the privacy switch on",
      "privacy switch off": "Turned the privacy switch off",
      "session not kept": "Could not write a session down"
    },
    "codes": {
      "failed": "That did not work. The camera's log may say why.",
      "denied": "You may not do that, or not any more. Load the page again.",
      "missing": "This camera does not know that.",
      "unreachable": "The camera cannot be reached.",
      "name": "That can't be a name: it takes 1 to 40 characters that can be seen.",
      "taken": "There is one of that name already.",
      "too-many": "There are too many already. Remove one first.",
      "gone": "It is no longer there.",
      "last-admin": "This is the only admin. Make another one first.",
      "password": "That password is too easy to guess.",
      "wrong": "The password until now is not right.",
      "wait": "That was wrong too often. Wait a while, then try again.",
      "busy": "Somebody else is just trying. Try again.",
      "not-kept": "The camera can't write to its disk. Its log says why."
    }
  }
};
