export function buildWeb(folder: string, more?: Readonly<Record<string, string>>): Promise<void>;
