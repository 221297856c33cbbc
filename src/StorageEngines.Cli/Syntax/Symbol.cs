namespace StorageEngines.Cli.Syntax;

/// <summary>
/// A word of the command line: a command, an option or an argument. These are light: to say a command's words costs next to nothing. System.CommandLine gets the same
/// words (<see cref="FullReader"/>) when it is needed: for help, errors, completion, and every line that is not plain.
/// </summary>
internal abstract class Symbol(string name)
{
    internal string Name => name;

    internal string? Description { get; init; }
}
