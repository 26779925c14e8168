const PAUSES_MS = [500, 1_000, 2_000];

/**
 * What `load` gives, which is tried several times: a network may be gone for a second.
 *
 * @template T
 * @param {(attempt: number) => Promise<T>} load told how often it has failed
 * @returns {Promise<T>} rejected with the last failure
 */
export async function insist(load) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await load(attempt);
    } catch (error) {
      if (attempt === PAUSES_MS.length) throw error;
      console.warn("the page: something could not be loaded, trying again", error);
      await new Promise((resolve) => setTimeout(resolve, PAUSES_MS[attempt]));
    }
  }
}

/**
 * What is `loaded`; if it can't be had, the page is loaded anew (guard.js). Firefox needs that: a
 * module that failed once fails until then, and so does whatever imports it.
 *
 * @template T
 * @param {Promise<T>} loaded
 * @returns {Promise<T>}
 */
export async function orReload(loaded) {
  try {
    return await loaded;
  } catch (error) {
    console.warn("the page: something could not be loaded, the page is loaded anew", error);
    dispatchEvent(new Event("edgecam-broken"));
    return new Promise(() => {});
  }
}
