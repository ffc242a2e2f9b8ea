// Builds src/ into dist/: hashed files under dist/assets, and dist/manifest.json, which names them.
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const assets = join(here, "dist/assets");

async function bundles() {
  const result = await build({
    absWorkingDir: here,
    entryPoints: { app: "src/app.js", style: "src/app.css" },
    outdir: assets,
    entryNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022", "chrome109", "firefox115", "safari16.4"],
    loader: { ".woff2": "file", ".svg": "file", ".png": "file" },
    legalComments: "linked",
    metafile: true,
    logLevel: "warning",
  });
  const entries = Object.entries(result.metafile.outputs).filter(([, output]) => output.entryPoint);
  return entries.map(([file, output]) => [basename(output.entryPoint), basename(file)]);
}

async function sprite() {
  const names = JSON.parse(await readFile(join(here, "src/icons.json"), "utf8"));
  const symbols = await Promise.all([...new Set(names)].sort().map(symbol));
  return hashed("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
}

async function symbol(name) {
  const file = join(here, "node_modules/@tabler/icons/icons/outline", `${name}.svg`);
  const source = await readFile(file, "utf8").catch(() => {
    throw new Error(`src/icons.json: there is no outline icon "${name}"`);
  });
  const drawing = source.replace(/<!--.*?-->/gs, "").match(/<svg[^>]*>(.*)<\/svg>/s)[1];
  const shapes = drawing.replace(/<path stroke="none"[^>]*>/, "").replace(/\s*\n\s*/g, "");
  const look = 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"';
  return `<symbol id="${name}" viewBox="0 0 24 24" ${look}>${shapes}</symbol>`;
}

async function hashed(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 8).toUpperCase();
  const extension = extname(name);
  const file = `${basename(name, extension)}-${hash}${extension}`;
  await writeFile(join(assets, file), content);
  return [name, file];
}

await rm(join(here, "dist"), { recursive: true, force: true });
await mkdir(assets, { recursive: true });
const favicon = async () => hashed("favicon.svg", await readFile(join(here, "src/favicon.svg"), "utf8"));
const files = [...(await bundles()), await sprite(), await favicon()];
await writeFile(join(here, "dist/manifest.json"), `${JSON.stringify(Object.fromEntries(files), null, 2)}\n`);
