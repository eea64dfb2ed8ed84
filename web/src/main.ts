import { mount } from "svelte";
import "./app.css";
import App from "./App.svelte";
import { readSession } from "./state/access";
import { router } from "./state/router.svelte";
import { work } from "./state/work.svelte";

// The address is about to change, and the icon's is relative to it.
for (const icon of document.querySelectorAll<HTMLLinkElement>("link[rel=icon]")) icon.href = new URL(icon.href).href;
router.start();
mount(App, { target: document.getElementById("page")! });
void readSession().then(() => work.start());
