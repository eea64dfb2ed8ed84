/** Short messages at the edge of the page. */

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: "plain" | "good" | "bad";
  /** Where it leads. */
  readonly href: string | null;
}

const SHOWN_MS = 8000;

class Toasts {
  items = $state.raw<readonly Toast[]>([]);
  #last = 0;

  show(text: string, { tone = "plain", href = null }: Partial<Pick<Toast, "tone" | "href">> = {}): void {
    const toast: Toast = { id: ++this.#last, text, tone, href };
    this.items = [...this.items.slice(-3), toast];
    // What went wrong stays until it is sent away.
    if (tone !== "bad") setTimeout(() => this.dismiss(toast.id), SHOWN_MS);
  }

  dismiss(id: number): void {
    this.items = this.items.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
