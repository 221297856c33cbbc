namespace StorageEngines.Cli.Syntax;

/// <summary>The name of a command that was not made yet.</summary>
internal sealed class PendingCommand(string name, Func<Command> make) : Symbol(name)
{
    internal Command Make() => make();
}
