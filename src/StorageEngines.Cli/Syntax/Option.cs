namespace StorageEngines.Cli.Syntax;

/// <summary>An option: <c>--name VALUE</c>.</summary>
internal abstract class Option(string name, string[] aliases) : ValueSymbol(name)
{
    /// <summary>Other names.</summary>
    internal string[] Aliases => aliases;

    /// <summary>What stands for the value in help.</summary>
    internal string? HelpName { get; init; }

    /// <summary>Whether the commands below understand it too.</summary>
    internal bool Recursive { get; init; }

    /// <summary>Whether it has to be given.</summary>
    internal bool Required { get; init; }

    /// <summary>Whether a number below zero is wrong.</summary>
    internal bool NotNegative { get; init; }

    internal bool IsCalled(string text) => text == Name || Array.IndexOf(Aliases, text) >= 0;
}
