//! The question that a scenario asks, in the comment at its head.

/// The question that a scenario asks: the first sentence of the comment at its head.
pub fn question(text: &str) -> Option<String> {
    let head: Vec<&str> = text
        .lines()
        .map(str::trim)
        .skip_while(|line| line.is_empty() || line.starts_with("# yaml-language-server"))
        .take_while(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim())
        .take_while(|line| !line.is_empty())
        .collect();
    let head = head.join(" ");
    let end = head.find('?').map(|at| at + 1).or_else(|| head.find(". ").map(|at| at + 1));
    let sentence: String = head[..end.unwrap_or(head.len())].chars().take(300).collect();
    Some(sentence).filter(|sentence| !sentence.is_empty())
}
