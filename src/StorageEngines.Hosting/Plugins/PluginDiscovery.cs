namespace StorageEngines.Hosting;

/// <summary>
/// Finds plug-ins: <c>DIRECTORY/ID/plugin.json</c> and <c>DIRECTORY/ID/VERSION/plugin.json</c>. A folder without one is passed over, and so is one whose name
/// begins with a dot: installers unpack there and rename.
/// </summary>
internal static class PluginDiscovery
{
    private const int MaxFolders = 1000;

    private const UnixFileMode Everybody = UnixFileMode.OtherWrite;

    public static (IReadOnlyList<PluginManifest> Found, IReadOnlyList<PluginFailure> Failures) Search(IEnumerable<string> directories)
    {
        var found = new List<PluginManifest>();
        var failures = new List<PluginFailure>();
        var searched = new List<string>();
        foreach (string given in directories)
        {
            string directory = Path.GetFullPath(given);
            if (searched.Contains(directory))
            {
                continue;
            }

            searched.Add(directory);
            foreach (string file in ManifestFiles(directory, failures))
            {
                try
                {
                    PluginManifest manifest = PluginManifestReader.Read(file);
                    RefuseOpenPermissions(manifest.Folder, file, manifest.EntryAssembly);
                    RefuseDuplicate(found, manifest, file);
                    found.Add(manifest);
                }
                catch (PluginException e)
                {
                    failures.Add(PluginFailure.From(e));
                }
            }
        }

        return (found, failures);
    }

    private static List<string> ManifestFiles(string directory, List<PluginFailure> failures)
    {
        var files = new List<string>();
        try
        {
            RefuseOpenPermissions(directory);
            foreach (string folder in Folders(directory))
            {
                foreach (string candidate in (string[])[folder, .. Folders(folder)])
                {
                    string file = Path.Combine(candidate, PluginManifest.FileName);
                    if (File.Exists(file))
                    {
                        files.Add(file);
                    }
                }
            }
        }
        catch (PluginException e)
        {
            failures.Add(PluginFailure.From(e));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            failures.Add(PluginFailure.From(new PluginException(PluginFault.DirectoryUnreadable, directory, $"directory cannot be read: {e.Message}", e)));
        }

        return files;
    }

    private static List<string> Folders(string directory)
    {
        var folders = new List<string>();
        foreach (string folder in Directory.EnumerateDirectories(directory))
        {
            if (!Path.GetFileName(folder.AsSpan()).StartsWith('.'))
            {
                folders.Add(folder);
            }

            if (folders.Count == MaxFolders)
            {
                break;
            }
        }

        if (folders.Count > 1)
        {
            folders.Sort(StringComparer.Ordinal);
        }

        return folders;
    }

    private static void RefuseOpenPermissions(params ReadOnlySpan<string> paths)
    {
        foreach (string path in paths)
        {
            bool exists = File.Exists(path) || Directory.Exists(path);
            if (exists && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Everybody) != 0)
            {
                throw new PluginException(PluginFault.UnsafePermissions, path,
                    $"may be written by everybody, so its code is not loaded; run: chmod o-w '{path}'");
            }
        }
    }

    private static void RefuseDuplicate(List<PluginManifest> found, PluginManifest manifest, string file)
    {
        if (found.Find(other => other.Id == manifest.Id && other.Version.Equals(manifest.Version)) is { } first)
        {
            throw new PluginException(PluginFault.Duplicate, file,
                $"is {manifest.Id} {manifest.Version}, which was already found in '{first.Folder}'; remove one of them.");
        }
    }
}
