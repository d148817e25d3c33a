// The page begins with a drawn lake, painted already: a visit asks the server for nothing but files.

import "./brush.js";
import "./controls.js";
import "./intake.js";
import { presets } from "./api.js";
import { fail, say } from "./messages.js";
import { photoOf } from "./photo.js";
import * as preview from "./preview.js";
import { FIRST, changed, state } from "./state.js";
import { offerPresets } from "./styles.js";

const welcome = document.getElementById("status").innerHTML;

async function begin() {
  try {
    const offered = await presets(say);
    const lake = await (await fetch("page/lake.webp")).blob();
    const photo = await photoOf(new File([lake], "lake.webp", { type: lake.type }));
    offerPresets(offered);
    if (state.photo) return; // the visitor was faster
    state.photo = photo;
    document.getElementById("after").hidden = state.styles[0]?.preset !== FIRST;
    preview.adopt();
    changed("photo");
    document.getElementById("status").innerHTML = welcome;
  } catch (error) {
    fail(error.message, begin);
  }
}

begin();
