// The room's styles, loaded side by side when it is first entered.

const PARTS = ["room", "photos", "stage", "settings", "spot"];

/** Resolves when all of them hold, so that nothing is seen unstyled. */
export async function styled() {
  await Promise.all(PARTS.map((part) => {
    const address = `/static/app/rooms/explain/${part}.css`;
    if (document.head.querySelector(`link[href="${address}"]`)) return null;
    return new Promise((resolve) => {
      const link = document.createElement("link");
      Object.assign(link, { rel: "stylesheet", href: address, onload: resolve, onerror: resolve });
      document.head.append(link);
    });
  }));
}
