import { svelte } from "@sveltejs/vite-plugin-svelte";
import { loadEnv } from "vite";
import { defineConfig } from "vitest/config";

/** All views are in files of the same name; their folders tell them apart. */
function viewName(file: string | null): string | null {
  return /\/views\/([a-z-]+)\/View\.svelte$/.exec(file ?? "")?.[1] ?? null;
}

export default defineConfig(({ mode }) => {
  // The service that `npm run dev` talks to: `arangovis demo` or `arangovis serve`.
  const service = loadEnv(mode, ".", "ARANGOVIS_")["ARANGOVIS_SERVICE"] ?? "http://127.0.0.1:8088";
  return {
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
      rolldownOptions: { output: { chunkFileNames: ({ name, facadeModuleId }) => `assets/${viewName(facadeModuleId) ?? name}-[hash].js` } },
      // The first that know light-dark(), which one theme needs.
      cssTarget: ["chrome123", "firefox120", "safari17.5"],
    },
    // The service takes changes only from its own origin.
    server: { proxy: { "/api": { target: service, changeOrigin: true, headers: { Origin: service } } } },
    // The modules under test keep nothing: one registry for all files costs a quarter of one for each.
    test: { include: ["src/**/*.test.ts"], isolate: false },
  };
});
