import { mount } from "svelte";
import "./app.css";
import App from "./App.svelte";
import { PageState } from "./state/page.svelte";

const page = new PageState();
mount(App, { target: document.getElementById("page")!, props: { page } });
page.start();
