namespace StorageEngines.Posix;

/// <summary>Refuses paths that could lead somewhere else than they say, before any system call sees them.</summary>
internal static class PathRules
{
    /// <summary>A path beneath a root: components between single slashes, none empty, <c>.</c> or <c>..</c>, no NUL.</summary>
    /// <exception cref="PosixException">The path breaks the rule (EINVAL).</exception>
    internal static void CheckRelative(ReadOnlySpan<byte> path, string operation)
    {
        if (path.IsEmpty)
            throw Refused(path, operation, "the path is empty");
        if (path[0] == '/')
            throw Refused(path, operation, "the path is absolute; only paths beneath the root are allowed");
        ReadOnlySpan<byte> rest = path;
        while (true)
        {
            int slash = rest.IndexOf((byte)'/');
            ReadOnlySpan<byte> component = slash < 0 ? rest : rest[..slash];
            if (Fault(component) is { } fault)
                throw Refused(path, operation, fault);
            if (slash < 0)
                return;
            rest = rest[(slash + 1)..];
        }
    }

    /// <summary>One name in a directory: the same rule, and no slash.</summary>
    /// <exception cref="PosixException">The name breaks the rule (EINVAL).</exception>
    internal static void CheckName(ReadOnlySpan<byte> name, string operation)
    {
        string? fault = name.Contains((byte)'/') ? "a name cannot hold a slash" : Fault(name);
        if (fault is not null)
            throw Refused(name, operation, fault);
    }

    private static string? Fault(ReadOnlySpan<byte> component)
    {
        if (component.IsEmpty)
            return "the path has an empty component";
        if (component[0] == '.' && (component.Length == 1 || (component.Length == 2 && component[1] == '.')))
            return "the path has a component '.' or '..'";
        return component.Contains((byte)0) ? "a path cannot hold a NUL byte" : null;
    }

    private static PosixException Refused(ReadOnlySpan<byte> path, string operation, string fault) =>
        new(Errno.EINVAL, operation, path, "refused: " + fault);
}
