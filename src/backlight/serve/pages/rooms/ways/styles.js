// Styles that a room brings along; it waits for them, so that nothing is shown without.

export function stylesheets(...addresses) {
  return Promise.all(addresses.map((address) => {
    if (document.querySelector(`link[href="${address}"]`)) return null;
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = address;
    return new Promise((resolve) => {
      link.onload = link.onerror = resolve;
      document.head.append(link);
    });
  }));
}
