// Shows /openapi.json with Swagger UI. Nothing leaves this origin: no validator, no redirect, nothing is stored.
"use strict";

(() => {
  const OPENED = ["Tokens", "Search"]; // what a partner needs first; the other tags are closed

  function whenShown(ui) {
    for (const tag of OPENED) ui.layoutActions.show(["operations-tag", tag], true);
  }

  // Names that Swagger UI leaves out, for people who cannot see what a field belongs to.
  function nameFields() {
    for (const box of document.querySelectorAll(".scheme-container")) box.setAttribute("role", "group");
    for (const field of document.querySelectorAll("textarea.body-param__text:not([aria-label])")) {
      field.setAttribute("aria-label", "Request body");
    }
    for (const choice of document.querySelectorAll("select:not([aria-label]):not([id])")) {
      choice.setAttribute("aria-label", "Choice");
    }
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
    onComplete: () => whenShown(ui),
  });
  new MutationObserver(nameFields).observe(document.getElementById("docs"), { childList: true, subtree: true });
})();
