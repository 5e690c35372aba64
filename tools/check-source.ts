/**
 * House rules for src/ that no linter has: files that read in one sitting, no module-level state,
 * casts in one place only, no barrels. Each problem is printed as path:line:column: message.
 */
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { filesUnder, report } from './source-files.ts';

const LONGEST_FILE = 500; // lines; more is two files
const MAY_CAST = ['src/wire/seq.ts']; // where a number becomes a Seq, and back
const ENTRIES = 'src/exports/'; // the one place that re-exports, name by name

function isConstCast(node: ts.AsExpression): boolean {
  return ts.isTypeReferenceNode(node.type) && node.type.getText() === 'const';
}

/** What is wrong with one node, whatever surrounds it. */
function castProblem(path: string, node: ts.Node): string | undefined {
  if (MAY_CAST.includes(path)) return undefined;
  if (ts.isTypeAssertionExpression(node)) return 'a cast: let the types say it';
  if (ts.isAsExpression(node) && !isConstCast(node)) return 'a cast: let the types say it';
  return undefined;
}

/** What is wrong with one statement of a module's top level. */
function topLevelProblem(statement: ts.Statement): string | undefined {
  if (ts.isVariableStatement(statement)) {
    const constant = (statement.declarationList.flags & ts.NodeFlags.Const) !== 0;
    return constant ? undefined : 'state in a module: put it into an object that somebody owns';
  }
  if (ts.isExportDeclaration(statement) && !statement.exportClause) {
    return 'export * hides what is public: name it';
  }
  return undefined;
}

const isReExport = (statement: ts.Statement): boolean =>
  ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined;

/** A barrel has nothing of its own: all it does is to re-export. */
function isBarrel(path: string, source: ts.SourceFile): boolean {
  const own = source.statements.filter((statement) => !ts.isImportDeclaration(statement));
  return !path.startsWith(ENTRIES) && own.length > 0 && own.every(isReExport);
}

function check(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const problems: string[] = [];
  const add = (position: number, message: string): void => {
    const { line, character } = source.getLineAndCharacterOfPosition(position);
    problems.push(`${path}:${line + 1}:${character + 1}: ${message}`);
  };
  const visit = (node: ts.Node): void => {
    const problem = castProblem(path, node);
    if (problem) add(node.getStart(), problem);
    ts.forEachChild(node, visit);
  };
  const lines = text.trimEnd().split('\n').length;
  if (lines > LONGEST_FILE) add(text.length, `${lines} lines, more than ${LONGEST_FILE}`);
  if (isBarrel(path, source)) add(0, `a barrel: only ${ENTRIES} does nothing but re-export`);
  for (const statement of source.statements) {
    const problem = topLevelProblem(statement);
    if (problem) add(statement.getStart(), problem);
  }
  visit(source);
  return problems;
}

const files = filesUnder('src', ['.ts']);
report('source', files.flatMap(check), `${files.length} files`);
