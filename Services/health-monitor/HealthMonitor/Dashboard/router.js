// Pages are named by what stands behind `#`, so that one can be linked to and the browser's arrows work.

/** `#/devices/pump%2F3?range=1h` → { parts: ["devices", "pump/3"], query } */
export function place(hash = location.hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").filter(part => part !== "").map(decode);
  return { parts, query: new URLSearchParams(query) };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a page, its parts escaped. */
export function href(parts, query = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const text = new URLSearchParams(pairs).toString();
  return `#/${parts.map(encodeURIComponent).join("/")}${text ? `?${text}` : ""}`;
}

/** Changes what the page asks for, without a step in the browser's history for each letter typed. */
export function replaceQuery(parts, query) {
  history.replaceState(null, "", href(parts, query));
}
