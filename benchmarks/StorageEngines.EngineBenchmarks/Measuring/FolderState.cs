using System.Globalization;

namespace StorageEngines.EngineBenchmarks.Measuring;

/// <summary>
/// Brings a repository back to what it was, so that each run meets the same one. Large files outside of caches are kept by a second name and not copied: what
/// writes them in place, which no contestant does, is noticed.
/// </summary>
internal sealed class FolderState
{
    private const long CopiedUpTo = 1 << 20;

    private readonly string _folder;
    private readonly string _saved;
    private readonly Dictionary<string, (long Length, DateTime Written)> _files = [];

    private FolderState(string folder) => (_folder, _saved) = (folder, folder + ".saved");

    /// <summary>Remembers a folder as it is.</summary>
    public static async Task<FolderState> SaveAsync(string folder)
    {
        var state = new FolderState(folder);
        await Shell.RunAsync($"rm -rf {state._saved} && mkdir {state._saved}", "/");
        foreach (string path in Files(folder))
        {
            string name = Path.GetRelativePath(folder, path);
            string kept = Path.Combine(state._saved, name);
            Directory.CreateDirectory(Path.GetDirectoryName(kept)!);
            var file = new FileInfo(path);
            if (IsLinked(name, file.Length))
            {
                await Shell.OutputAsync(["ln", path, kept], "/");
            }
            else
            {
                file.CopyTo(kept);
            }

            state._files[name] = (file.Length, file.LastWriteTimeUtc);
        }

        return state;
    }

    /// <summary>Makes the folder what it was.</summary>
    /// <exception cref="InvalidOperationException">A large file was written in place.</exception>
    public void Restore()
    {
        foreach (string path in Files(_folder).Where(path => !_files.ContainsKey(Path.GetRelativePath(_folder, path))).ToList())
        {
            File.Delete(path);
        }

        foreach ((string name, (long length, DateTime written)) in _files)
        {
            var file = new FileInfo(Path.Combine(_folder, name));
            var kept = new FileInfo(Path.Combine(_saved, name));
            if (kept.Length != length || kept.LastWriteTimeUtc != written)
            {
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{file.FullName} was written in place; its state cannot be brought back."));
            }

            if (file.Exists && file.Length == length && file.LastWriteTimeUtc == written)
            {
                continue;
            }

            Directory.CreateDirectory(file.DirectoryName!);
            if (IsLinked(name, length))
            {
                file.Delete();
                Shell.OutputAsync(["ln", kept.FullName, file.FullName], "/").GetAwaiter().GetResult();
            }
            else
            {
                kept.CopyTo(file.FullName, overwrite: true);
            }
        }
    }

    // borg writes its caches in place.
    private static bool IsLinked(string name, long length) => length > CopiedUpTo && !name.Contains("/.cache/", StringComparison.Ordinal);

    private static IEnumerable<string> Files(string folder)
        => Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false });
}
