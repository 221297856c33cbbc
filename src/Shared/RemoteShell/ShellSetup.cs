namespace StorageEngines.RemoteShells;

/// <summary>What a session's shell is told before its first script.</summary>
/// <param name="Engine">The engine's name, for errors.</param>
/// <param name="Functions">Functions that scripts are made of, for a POSIX shell. Descriptor 3 is the session's output, and not to be used otherwise.</param>
internal sealed record ShellSetup(string Engine, string Functions)
{
    /// <summary>Everything that the shell is told.</summary>
    internal string Text => "LC_ALL=C; TZ=UTC0; export LC_ALL TZ; umask 077; exec 3>&1; cd /\n" + Functions + "\n";
}
