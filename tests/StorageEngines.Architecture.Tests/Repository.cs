namespace StorageEngines.Architecture.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    public static IEnumerable<string> SourceFiles(params string[] folders)
        => folders
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));

    public static string Relative(string file) => Path.GetRelativePath(Root, file);

    private static string Find(string folder)
        => File.Exists(Path.Combine(folder, "StorageEngines.sln")) ? folder
            : Path.GetDirectoryName(folder) is { } parent ? Find(parent)
            : throw new DirectoryNotFoundException("The tests do not run from within a checkout: no StorageEngines.sln in any folder above them.");
}
