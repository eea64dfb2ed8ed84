/** A plot that the service's library (pyarrow) wrote: 60 training and 240 production rows of scikit-learn's digits
 * under PCA; see `dev/make_test_plot.py`. */

import address from "./digits.arrow?inline";

export function digits(): Uint8Array {
  const encoded = address.slice(address.indexOf(",") + 1);
  return Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
}
