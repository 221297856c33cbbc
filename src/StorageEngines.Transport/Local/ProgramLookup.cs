namespace StorageEngines.Transport;

/// <summary>Finds programs as execvp(3) does, so that a missing one is told apart from one that fails.</summary>
internal static class ProgramLookup
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Finds the program of a request, in the search path that the command will have.</summary>
    /// <param name="request">What is to be run.</param>
    /// <returns>The path, or null if it is not there or not executable.</returns>
    public static string? Find(CommandRequest request)
    {
        string? path = request.Environment.TryGetValue("PATH", out string? given) ? given : Environment.GetEnvironmentVariable("PATH");
        return Find(request.Program, string.IsNullOrEmpty(path) ? DefaultPath : path);
    }

    /// <summary>Finds a program.</summary>
    /// <param name="program">A name, or a path if it holds a slash.</param>
    /// <param name="searchPath">Directories, separated by <c>:</c>.</param>
    /// <returns>The path, or null if it is not there or not executable.</returns>
    public static string? Find(string program, string searchPath)
    {
        if (program.Contains('/'))
        {
            return IsExecutable(program) ? Path.GetFullPath(program) : null;
        }

        return searchPath.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, program))
            .FirstOrDefault(IsExecutable);
    }

    private static bool IsExecutable(string path)
        => File.Exists(path) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & AnyExecute) != 0);
}
