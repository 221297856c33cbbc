using System.CommandLine;
using System.Text.RegularExpressions;

namespace StorageEngines.Cli.Errors;

/// <summary>Turns what the parser says into one error with a suggestion.</summary>
internal static partial class UsageErrors
{
    internal static UsageException From(ParseResult parse)
    {
        Command command = parse.CommandResult.Command;
        string path = CommandPath(parse);
        string help = $"see '{path} --help'";
        if (parse.UnmatchedTokens is [var first, ..])
        {
            // What follows a command that is not known cannot be judged.
            bool isCommand = command.Subcommands.Count > 0 && !first.StartsWith('-');
            string typed = isCommand ? first : parse.UnmatchedTokens.FirstOrDefault(token => token.StartsWith('-')) ?? first;
            bool isOption = typed.StartsWith('-');
            IEnumerable<string> known = isOption ? OptionNames(parse) : command.Subcommands.Select(sub => sub.Name);
            string kind = isOption ? "option" : isCommand ? "command" : "argument";
            string? elsewhere = isCommand ? Elsewhere(parse.RootCommandResult.Command, typed) : null;
            return new UsageException($"unknown {kind} '{typed}' for '{path}'", elsewhere ?? Suggestions.Hint(typed, known) ?? help);
        }

        if (command.Subcommands.Count > 0 && command.Action is null)
        {
            return new UsageException($"'{path}' needs a command: {string.Join(", ", command.Subcommands.Select(sub => sub.Name))}", help);
        }

        if (parse.Errors is [{ Message: var wrong }, ..] && WrongValue().Match(wrong) is { Success: true } match)
        {
            return new UsageException($"'{match.Groups["value"].Value}' is not a value for {match.Groups["name"].Value}", $"give a whole number, or {help}");
        }

        return new UsageException(parse.Errors.Count > 0 ? OneLine(parse.Errors[0].Message) : "the command line is not complete", help);
    }

    [GeneratedRegex("^Cannot parse argument '(?<value>.*)' for (?:option|argument|command) '(?<name>[^']*)' as expected type", RegexOptions.Singleline)]
    private static partial Regex WrongValue();

    private static string OneLine(string text)
        => string.Join(' ', text.Split((char[])[' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');

    private static string CommandPath(ParseResult parse)
    {
        var names = new List<string>();
        for (System.CommandLine.Parsing.SymbolResult? at = parse.CommandResult; at is not null; at = at.Parent)
        {
            if (at is System.CommandLine.Parsing.CommandResult { Command: var command })
            {
                names.Add(command is RootCommand ? "storage-engines" : command.Name);
            }
        }

        names.Reverse();
        return string.Join(' ', names);
    }

    // 'rollback' is meant to be 'snapshot rollback'.
    private static string? Elsewhere(Command root, string typed)
    {
        List<string> found = [.. root.Subcommands.SelectMany(group => group.Subcommands.Where(each => each.Name == typed).Select(each => $"'{group.Name} {each.Name}'"))];
        return found.Count == 0 ? null : $"did you mean {string.Join(" or ", found)}?";
    }

    private static IEnumerable<string> OptionNames(ParseResult parse)
        => parse.CommandResult.Command.Options.Concat(parse.RootCommandResult.Command.Options)
            .SelectMany(option => option.Aliases.Prepend(option.Name));
}
