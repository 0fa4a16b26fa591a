// Shows /openapi.json with Swagger UI. Nothing leaves this origin: no validator, no redirect, nothing is stored.
"use strict";

(() => {
  const OPENED = ["Tokens", "Search"]; // what a partner needs first; the other tags are closed

  // What Swagger UI leaves out for people who use a screen reader or a keyboard: by selector, what is repaired.
  const MENDED = [
    ["h3.opblock-tag, .webhooks h2, .modal-ux-header h3", level(2)],
    [".auth-container h4, .opblock-section-header h4, .responses-wrapper h4, .scopes h2", level(3)],
    [".auth-container h6, .responses-inner h4, .responses-inner h5", level(4)],
    ["button a[href]", (link) => link.removeAttribute("href")], // the button around it does the same
    [".modal-ux .authorize[aria-label], .modal-ux .modal-btn[aria-label]", (button) => button.removeAttribute("aria-label")],
    [".close-modal", (button) => button.setAttribute("aria-label", "Close")],
    [".scopes h2 a", asButton],
    [".auth-container input", submittedByEnter],
    [".dialog-ux .modal-ux", asDialog],
    ["textarea.body-param__text", named("Request body")],
    [".swagger-ui > .loading-container", (part) => part.setAttribute("role", "main")], // while it loads, or if it cannot
    [".information-container", region("About the API")],
    [".scheme-container", region("Authorization")],
    [".webhooks", region("Webhooks")],
    [".examples-select-element", named("Example")],
    [".body-param-content-type select, .content-type", named("Content type")],
    ["select", named("Choice")],
    [".parameters input[type=text]", (field) => named(field.placeholder || "Value")(field)],
    ["pre.microlight, .highlight-code pre", (text) => text.setAttribute("tabindex", "0")], // it scrolls
  ];

  function level(number) {
    return (heading) => heading.setAttribute("aria-level", number);
  }

  function named(name) {
    return (field) => field.hasAttribute("aria-label") || field.labels?.length || field.setAttribute("aria-label", name);
  }

  function region(name) {
    return (part) => {
      part.setAttribute("role", "region");
      part.setAttribute("aria-label", name);
    };
  }

  function asButton(link) {
    link.setAttribute("role", "button");
    link.setAttribute("tabindex", "0");
    link.onkeydown = ({ key }) => key === "Enter" && link.click();
  }

  function submittedByEnter(field) {
    field.onkeydown = (event) => {
      if (event.key !== "Enter" || field.form?.querySelector("[type=submit]")) return;
      event.preventDefault();
      field.closest(".auth-container").querySelector("button.authorize").click();
    };
  }

  function asDialog(dialog) {
    if (dialog.getAttribute("role")) return;
    const opener = document.activeElement;
    dialog.setAttribute("role", "dialog");
    dialog.setAttribute("aria-modal", "true");
    dialog.setAttribute("aria-label", "Available authorizations");
    dialog.addEventListener("keydown", (event) => {
      const inside = [...dialog.querySelectorAll("button, input, select, [tabindex='0']")];
      const [edge, other] = event.shiftKey ? [inside[0], inside.at(-1)] : [inside.at(-1), inside[0]];
      if (event.key === "Escape") dialog.querySelector(".close-modal").click();
      if (event.key !== "Tab" || document.activeElement !== edge) return;
      event.preventDefault();
      other.focus();
    });
    dialog.querySelector("input")?.focus();
    new MutationObserver((_, observer) => {
      if (dialog.isConnected) return;
      observer.disconnect();
      (opener?.isConnected ? opener : document.querySelector(".btn.authorize")).focus();
    }).observe(document.getElementById("docs"), { childList: true, subtree: true });
  }

  function repair() {
    for (const [selector, change] of MENDED) document.querySelectorAll(selector).forEach((element) => change(element));
  }

  const ui = SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#docs",
    layout: "BaseLayout",
    presets: [SwaggerUIBundle.presets.apis],
    deepLinking: true,
    docExpansion: "none",
    defaultModelsExpandDepth: -1,
    defaultModelRendering: "example",
    displayRequestDuration: true,
    tryItOutEnabled: true,
    persistAuthorization: false,
    validatorUrl: null,
    // No cookies, and no dialog of the browser's own when credentials are wrong, for which it would keep the answer back.
    requestInterceptor: (request) => ({ ...request, credentials: "omit" }),
    onComplete: () => {
      const address = location.href; // which opening a tag changes
      OPENED.forEach((tag) => ui.layoutActions.show(["operations-tag", tag], true));
      history.replaceState(null, "", address);
    },
  });
  new MutationObserver(repair).observe(document.getElementById("docs"), { childList: true, subtree: true });
})();
