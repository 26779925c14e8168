/**
 * English: what there is to say. Every other language says the same; languages.js tells how to add
 * one. After `export default` comes JSON, as which the tests read it.
 *
 * A list is a title and, if there is more to say, the sentences below it. Names in braces are
 * filled in by the page. What ends in `-off` or `-on` names a button while that is off or on.
 * In `waiting`, `lost` and `reconnecting` a key is the code of a reason (docs/signaling.md); `other`
 * stands for all that have no words of their own.
 */
export default {
  "lang": "en",
  "video": "Live picture from the camera",
  "play": "Play",
  "load-again": "Load this page again",
  "sound-off": "Tap for sound",
  "sound-on": "Mute",
  "sound-key": "Sound (m)",
  "fullscreen-off": "Full screen",
  "fullscreen-on": "Leave full screen",
  "fullscreen-key": "Full screen (f)",
  "watching": "{viewers} of {places} watching",
  "costly": "This browser cannot play H.264: the camera encodes VP8 for it, at the cost of its processor.",
  "badge": {
    "private": "Private",
    "connecting": "Connecting",
    "live": "Live",
    "stale": "Picture is {age} s old",
    "late": "{late} s late",
    "paused": "Paused",
    "waiting": "Waiting",
    "reconnecting": "Reconnecting",
    "refused": "Refused",
    "signed-out": "Not signed in",
    "unsupported": "Not supported",
    "ended": "Ended"
  },
  "connecting": ["Connecting to the camera"],
  "answering": ["Starting the picture"],
  "fault": "The camera reports a fault",
  "stale": ["The picture has stopped", "Waiting for the next one."],
  "late": ["The picture is delayed", "The network or this device is too slow for it."],
  "paused": ["The browser has paused the picture"],
  "waiting": {
    "no-caller": ["The camera is away", "This page shows it as soon as it is back."],
    "unknown-camera": ["There is no such camera here", "It may have been removed, or the address is wrong."],
    "full": ["All places are taken, you are in line", "The picture comes as soon as somebody leaves."],
    "failed": ["The camera has failed", "It is trying again."],
    "no-offer": ["The camera is getting ready", "It will call in a moment."],
    "hung-up": ["Somebody has hung up on you", "Whoever looks after this camera can. The picture may come again in a minute."],
    "other": ["Waiting for the camera"]
  },
  "private": ["Camera and microphone are off", "The privacy switch is on. The picture comes back here when it is turned off."],
  "away": ["{name} is away", "This page shows it as soon as it is back."],
  "people": {
    "title": "Who is watching",
    "you": "you",
    "talking": "talking",
    "unnamed": "{count} more",
    "name": "Your name",
    "name-hint": "What the others see. Without one they see which browser this is.",
    "name-refused": "The camera has not accepted your name. Choose another one.",
    "save": "Save",
    "sign-out": "Sign out"
  },
  "speaker": {
    "you": "You are talking",
    "one": "{name} is talking",
    "more": "{name} and {count} more are talking",
    "nameless": "Somebody"
  },
  "talk": {
    "voice-off": "Hold to talk",
    "voice-on": "Stop talking",
    "voice-key": "Hold to talk, tap for hands-free (t)",
    "picture-off": "Turn your camera on",
    "picture-on": "Turn your camera off",
    "preview": "Your own picture",
    "held": ["Your microphone is on", "Let go to turn it off."],
    "free": ["Your microphone is on", "Tap the button to turn it off."],
    "seen": ["Your camera is on", "Tap the button to turn it off."],
    "both": ["Your microphone and camera are on", "Each has a button that turns it off."],
    "asking": ["Not on yet", "One moment."],
    "permission": ["Not on yet", "The browser may be asking you for permission."],
    "gap": ["Off until the connection is back", "What was on comes on again by itself if that is soon."],
    "busy": ["Somebody else is talking", "Try again in a moment."],
    "refused": ["The camera cannot let you talk now", "Try again later."],
    "role": ["You may watch here, not talk", "Ask whoever looks after the camera."],
    "elsewhere": ["Turned off: this is another camera", "What you had on was for the one before."],
    "slept": ["Turned off while this device slept", "Turn it on again if you still want it."],
    "released": {
      "silent": ["Turned off: nothing was heard for a while", "Hold the button to talk again."],
      "other": ["Turned off by the camera", "Hold the button to talk again."]
    },
    "audio": {
      "allowed": ["The microphone is allowed", "It is off. Hold the button to talk, tap it for hands-free."],
      "denied": ["The browser does not allow the microphone", "Allow it in the browser's settings for this page, beside the address, and try again."],
      "missing": ["No microphone was found", "Connect one and try again."],
      "in-use": ["The microphone cannot be opened", "Close whatever else may be using it and try again."],
      "insecure": ["This browser gives pages no microphone", "Open this page in another one."],
      "ended": ["The microphone was taken away", "It was unplugged or forbidden. Try again."],
      "failed": ["The microphone cannot be opened", "Try again, or another browser."]
    },
    "video": {
      "allowed": ["Your camera is allowed", "It is off. Tap the button to turn it on."],
      "denied": ["The browser does not allow your camera", "Allow it in the browser's settings for this page, beside the address, and try again."],
      "missing": ["You have no camera that can be found", "Connect one and try again."],
      "in-use": ["Your camera cannot be opened", "Close whatever else may be using it and try again."],
      "insecure": ["This browser gives pages no camera", "Open this page in another one."],
      "ended": ["Your camera was taken away", "It was unplugged or forbidden. Try again."],
      "failed": ["Your camera cannot be opened", "Try again, or another browser."]
    }
  },
  "quality": {
    "good": "Good connection",
    "fair": "Fair connection",
    "poor": "Poor connection",
    "why": {
      "nothing": "Everything arrives in time.",
      "loss": "Your connection loses {percent} % of what is sent.",
      "freezes": "The picture stood still for {frozen} % of the last seconds.",
      "frames": "Only {frames} of {expected} pictures a second arrive.",
      "round-trip": "To the camera and back takes {roundTrip} ms.",
      "jitter": "What is sent arrives unevenly, by {jitter} ms."
    }
  },
  "figures": {
    "title": "The connection in figures",
    "picture": "Picture",
    "codec": "Codec",
    "encoder": "Encoded by",
    "hardware": "an encoder of the device",
    "software": "its processor",
    "rate": "Pictures a second",
    "in": "Received",
    "out": "Sent",
    "loss": "Packets lost, picture",
    "loss-audio": "Packets lost, sound",
    "round-trip": "Round trip",
    "jitter": "Jitter",
    "dropped": "Pictures dropped",
    "freezes": "Freezes",
    "repairs": "Repairs asked for (NACK / PLI)",
    "path": "Path",
    "direct": "direct",
    "relayed": "through a relay",
    "latency": "From drawn to shown",
    "latency-two-clocks": "From drawn to shown, if both clocks agree"
  },
  "cameras": {
    "title": "Cameras",
    "side": "Side by side",
    "one": "One at a time",
    "show": "Show {name}",
    "full": "All places are taken",
    "failed": "Has failed",
    "away": "Away"
  },
  "more": {
    "title": "More",
    "snapshot": "Take a picture",
    "saved": "Saved as {name}",
    "no-picture": "There is no live picture to take",
    "float": "Picture in picture",
    "zoom-in": "Bigger",
    "zoom-out": "Smaller",
    "zoomed": "{scale}×",
    "whole": "Whole picture",
    "settings": "Account and settings",
    "quality": {
      "title": "Size of the picture",
      "auto": "As large as the link carries",
      "main": "Always large",
      "small": "Always small",
      "now": "It is small now."
    }
  },
  "keys": {
    "title": "Keys",
    "on": "Single keys do something",
    "list": [
      ["m", "sound"],
      ["f", "full screen"],
      ["t", "hold to talk, tap for hands-free"],
      ["s", "take a picture"],
      ["p", "picture in picture"],
      ["+ −", "bigger, smaller"],
      ["← ↑ → ↓", "move a bigger picture"],
      ["0", "the whole picture"],
      ["?", "this list"],
      ["Esc", "close what is open"]
    ]
  },
  "lost": {
    "shutdown": ["The camera is restarting", "This page comes back by itself."],
    "bye": ["The camera ended the call", "Calling it again."],
    "hung-up": ["Somebody has hung up on you", "Whoever looks after this camera can."],
    "caller-left": ["The camera went away", "This page comes back by itself."],
    "timeout": ["No connection to the camera", "The two did not reach each other in time. Trying again."],
    "lost": ["The connection to the camera was lost", "Trying again."],
    "stale": ["The camera's network has changed", "Connecting anew."],
    "frozen": ["The picture has stopped", "Asking the camera for a new call."],
    "bad-answer": ["The call did not come about", "The camera could not use this browser's answer. Trying again."],
    "failed": ["The call has failed", "Trying again."],
    "other": ["The call has ended", "Calling again."]
  },
  "reconnecting": {
    "shutdown": ["The camera is restarting", "This page comes back by itself."],
    "too-many": ["Too many pages are open", "Close some that show this camera. Trying again."],
    "other": ["The camera cannot be reached", "This page comes back by itself when it can."]
  },
  "refused": [
    "The camera does not accept this address",
    "Open the link the device printed, with the name it has there."
  ],
  "signed-out": [
    "This browser is not signed in",
    "Load this page again to sign in. Whoever is at the device gets in by “edgecam link”."
  ],
  "no-webrtc": ["This browser cannot play the camera", "It has no WebRTC, or has it switched off."],
  "no-h264": [
    "This browser cannot play H.264",
    "The camera sends nothing else. Firefox downloads its OpenH264 plugin shortly after its first start: if this is Firefox, leave the page open, it keeps trying."
  ],
  "no-codec": [
    "This browser cannot play the camera",
    "It has neither H.264 nor VP8, in which the camera sends its picture. Any current browser has one of them."
  ],
  "ended": ["The call has ended", "Reload the page to call again."]
};
