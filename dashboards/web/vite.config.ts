import { defineConfig } from "vite";

// The pages are embedded in the binary and served under a strict Content-Security-Policy: no inline script or style.
export default defineConfig({
  base: "/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { outDir: "dist", emptyOutDir: false, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: { "/api": "http://127.0.0.1:8080" }, fs: { allow: [".."] } }, // the client lies beside
});
