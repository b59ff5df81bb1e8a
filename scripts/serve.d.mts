export function serve(
  folders: Readonly<Record<string, string>>,
  options?: { readonly isolated?: boolean; readonly port?: number },
): Promise<{ readonly origin: string; close(): void }>;
