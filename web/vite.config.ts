import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

// The service that `npm run dev` talks to: `arangovis serve` or `python dev/fixture_server.py`.
const service = "http://127.0.0.1:8088";

export default defineConfig({
  plugins: [svelte()],
  // Relative, so that the page also works behind a proxy that adds a path.
  base: "./",
  assetsInclude: ["**/*.arrow"],
  build: {
    outDir: "../api/arangovis_api/static",
    emptyOutDir: true,
    // Everything is a file of our own: a data: address would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: false,
    target: "es2023",
  },
  server: { proxy: { "/api": service } },
  test: { include: ["src/**/*.test.ts"] },
});
