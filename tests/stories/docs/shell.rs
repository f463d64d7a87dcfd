//! The commands in the code blocks of a page.
//!
//! Decided here: which words a shell would pass to a program. Never here: whether the program
//! accepts them. A value that only a shell knows, e.g. `$image` or `$(…)`, becomes `x`.

/// A fenced block of a page.
pub struct Block {
    /// The line of the page with the opening fence, from 1.
    pub line: usize,
    pub language: String,
    /// Without the indentation of the fence.
    pub text: String,
}

/// The fenced blocks of a page, in order.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut open: Option<usize> = None;
    for (at, line) in page.lines().enumerate() {
        let trimmed = line.trim_start();
        match (open, trimmed.strip_prefix("```")) {
            (None, Some(language)) => {
                open = Some(line.len() - trimmed.len());
                found.push(Block {
                    line: at + 1,
                    language: language.trim().to_owned(),
                    text: String::new(),
                });
            }
            (Some(_), Some(_)) => open = None,
            (Some(indentation), None) => {
                if let Some(block) = found.last_mut() {
                    let spaces = line.len() - trimmed.len();
                    block.text.push_str(&line[spaces.min(indentation)..]);
                    block.text.push('\n');
                }
            }
            (None, None) => {}
        }
    }
    found
}

/// The commands of a block: all of `sh`, and those after a prompt in `console`.
pub fn commands(block: &Block) -> Vec<Vec<String>> {
    match block.language.as_str() {
        "sh" => parsed(&block.text),
        "console" => parsed(&prompted(&block.text)),
        _ => Vec::new(),
    }
}

/// The lines after `$ `, with their continuation lines.
fn prompted(text: &str) -> String {
    let mut commands = String::new();
    let mut continues = false;
    for line in text.lines() {
        let command = line.strip_prefix("$ ").or(continues.then_some(line));
        continues = command.is_some_and(|command| command.ends_with('\\'));
        if let Some(command) = command {
            commands.push_str(command);
            commands.push('\n');
        }
    }
    commands
}

/// What comes before a program in a command, and is not part of it.
const KEYWORDS: [&str; 8] = ["if", "then", "else", "do", "while", "until", "!", "exec"];

/// The simple commands of a script, including those in `$(…)`.
pub fn parsed(script: &str) -> Vec<Vec<String>> {
    let mut reader = Reader {
        rest: script.chars().collect::<Vec<_>>(),
        at: 0,
        found: Vec::new(),
    };
    reader.script(None);
    let mut found = reader.found;
    for words in &mut found {
        let is_before = |word: &String| {
            let name = word.split('=').next().unwrap_or_default();
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let assigns = word.contains('=') && name.chars().all(is_name);
            assigns || KEYWORDS.contains(&word.as_str())
        };
        let program = words.iter().position(|word| !is_before(word));
        words.drain(..program.unwrap_or(words.len()));
    }
    found.retain(|words| !words.is_empty());
    found
}

struct Reader {
    rest: Vec<char>,
    at: usize,
    found: Vec<Vec<String>>,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += usize::from(next.is_some());
        next
    }

    /// Reads commands up to the end, or up to this character.
    fn script(&mut self, end: Option<char>) {
        let mut words = Vec::new();
        let mut here_document: Option<String> = None;
        loop {
            match self.peek() {
                None => break,
                Some(c) if Some(c) == end => break,
                Some(' ' | '\t') => self.at += 1,
                Some('\\') if self.rest.get(self.at + 1) == Some(&'\n') => self.at += 2,
                Some('#') => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                Some(c @ ('\n' | ';' | '|' | '&' | '(' | ')')) => {
                    self.at += 1;
                    self.found.push(std::mem::take(&mut words));
                    if c == '\n'
                        && let Some(end) = here_document.take()
                    {
                        self.skip_to_line(&end);
                    }
                }
                Some('<' | '>') => {
                    let is_here = self.rest[self.at..].starts_with(&['<', '<']);
                    while matches!(self.peek(), Some('<' | '>' | '&' | ' ')) {
                        self.at += 1;
                    }
                    let target = self.word(end);
                    here_document = here_document.or(is_here.then_some(target));
                }
                Some(_) => {
                    let word = self.word(end);
                    let is_descriptor = word.chars().all(|c| c.is_ascii_digit());
                    if !(is_descriptor && matches!(self.peek(), Some('<' | '>'))) {
                        words.push(word);
                    }
                }
            }
        }
        self.found.push(words);
    }

    fn skip_to_line(&mut self, end: &str) {
        loop {
            let line: String = self.rest[self.at..]
                .iter()
                .take_while(|c| **c != '\n')
                .collect();
            self.at = (self.at + line.chars().count() + 1).min(self.rest.len());
            if line.trim() == end || self.at == self.rest.len() {
                return;
            }
        }
    }

    fn word(&mut self, end: Option<char>) -> String {
        let mut word = String::new();
        while let Some(c) = self.peek() {
            if Some(c) == end || " \t\n;|&()<>".contains(c) {
                break;
            }
            self.at += 1;
            match c {
                '\'' => {
                    while let Some(c) = self.next().filter(|c| *c != '\'') {
                        word.push(c);
                    }
                }
                '"' => self.quoted(&mut word),
                '\\' => word.extend(self.next().filter(|c| *c != '\n')),
                '$' => self.value(&mut word),
                c => word.push(c),
            }
        }
        word
    }

    fn quoted(&mut self, word: &mut String) {
        while let Some(c) = self.next().filter(|c| *c != '"') {
            match c {
                '$' => self.value(word),
                '\\' => word.extend(self.next().filter(|c| *c != '\n')),
                c => word.push(c),
            }
        }
    }

    /// What follows a `$`.
    fn value(&mut self, word: &mut String) {
        match self.peek() {
            Some('(') => {
                self.at += 1;
                self.script(Some(')'));
                self.at += 1;
            }
            Some('{') => while self.next().is_some_and(|c| c != '}') {},
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                while self
                    .peek()
                    .is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
                {
                    self.at += 1;
                }
            }
            _ => return word.push('$'),
        }
        word.push('x');
    }
}

#[test]
fn a_script_becomes_the_words_of_its_commands() {
    let script = r#"
# a comment
image=$(ecr-push --source oci:image \
  --tag "$SHA") || exit 1
for service in web worker; do
  render --env 'A=${tf.b} c' "out/$service.json" --json '["a b"]' 2>/dev/null | tee "$(pwd)/log" >all
done
cat >> file <<'END'
not a command
END
FARGATE_REGION=x wait-healthy; exit "${failed:-0}"
"#;
    let words: Vec<String> = parsed(script).iter().map(|words| words.join("|")).collect();
    assert_eq!(
        words,
        [
            "ecr-push|--source|oci:image|--tag|x",
            "exit|1",
            "for|service|in|web|worker",
            "render|--env|A=${tf.b} c|out/x.json|--json|[\"a b\"]",
            "pwd",
            "tee|x/log",
            "done",
            "cat",
            "wait-healthy",
            "exit|x",
        ]
    );
}

#[test]
fn a_console_block_has_the_commands_after_its_prompts() {
    let page = "   ```console\n   $ a --b \\\n       c\n   output --d\n   ```\n";
    let blocks = blocks(page);
    assert_eq!(commands(&blocks[0]), [["a", "--b", "c"]]);
    assert_eq!((blocks[0].line, blocks.len()), (1, 1));
}
