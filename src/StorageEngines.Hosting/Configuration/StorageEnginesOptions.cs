namespace StorageEngines.Hosting;

/// <summary>Where plug-ins are, and what engines are told.</summary>
/// <remarks>Read once, when the catalogue is first used. Not safe for changes by several threads.</remarks>
public sealed class StorageEnginesOptions
{
    /// <summary>The configuration section that is read: <c>StorageEngines</c>.</summary>
    public const string SectionName = "StorageEngines";

    /// <summary>The variable that adds plug-in directories, separated by <c>:</c>: <c>STORAGE_ENGINES_PLUGINS</c>.</summary>
    public const string PluginDirectoriesVariable = "STORAGE_ENGINES_PLUGINS";

    /// <summary>Directories that hold plug-ins, each in a folder of its own. The first one wins if two hold the same version. Default: none.</summary>
    /// <value>Paths; relative ones are relative to the current directory.</value>
    public IList<string> PluginDirectories { get; } = [];

    /// <summary>Settings by engine's scheme and setting's name. A secret is given by reference (<c>env:NAME</c>, <c>file:/path</c>). Default: none.</summary>
    /// <value>Names are compared by character.</value>
    public IDictionary<string, IDictionary<string, string>> Engines { get; } = new Dictionary<string, IDictionary<string, string>>(StringComparer.Ordinal);

    /// <summary>
    /// Whether plug-ins can be unloaded: with <see cref="IStorageEngineCatalog.ReloadAsync"/>, <see cref="IStorageEngineCatalog.RetireAsync"/> and the
    /// catalogue's end. If not, they stay in memory until the process ends, an updated plug-in must not be copied over the running one, but precompiled
    /// (ReadyToRun) code is used, which the runtime does not do for what can be unloaded: short programs start faster. A reload then judges by
    /// <c>plugin.json</c> alone whether it has a plug-in already. Default: true.
    /// </summary>
    public bool UnloadPlugins { get; set; } = true;

    /// <summary>
    /// The places where a program usually looks: what <see cref="PluginDirectoriesVariable"/> names, <c>plugins</c> beside the program, and
    /// <c>$XDG_DATA_HOME/storage-engines/plugins</c> (<c>~/.local/share/…</c>). Nothing is looked up there unless the program adds them.
    /// </summary>
    /// <returns>What the variable names, and those of the others that exist.</returns>
    public static IReadOnlyList<string> UsualPluginDirectories()
    {
        string[] named = (Environment.GetEnvironmentVariable(PluginDirectoriesVariable) ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        string data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        string[] usual =
        [
            Path.Combine(AppContext.BaseDirectory, "plugins"),
            .. data.Length == 0 ? [] : new[] { Path.Combine(data, "storage-engines", "plugins") },
        ];
        return [.. named, .. Array.FindAll(usual, Directory.Exists)];
    }
}
