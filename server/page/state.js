// What is to be painted, in one place. Whoever changes it tells so; whoever shows it listens.

import { Region } from "./region.js";

export const FIRST = "van-gogh-wheat-field"; // the style that a visitor meets first
export const MOST = 4; // styles in a mixture

/**
 * photo: {file, name, width, height, small, url}, see photo.js
 * styles: [{id, title, by, thumb, preset or file, weight, region}], those chosen
 * controls: fields of the form that differ from the server's defaults
 * spared: the Region that stays a photo
 */
export const state = { photo: null, styles: [], controls: {}, spared: new Region() };

const listeners = [];

export const onChange = (listener) => listeners.push(listener);

/** `what` has changed, and is settled unless another change follows within `wait` milliseconds. */
export const changed = (what, wait = 0) => listeners.forEach((listener) => listener(what, wait));
