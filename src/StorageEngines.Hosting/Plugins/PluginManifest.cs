namespace StorageEngines.Hosting;

/// <summary>What <c>plugin.json</c> says.</summary>
/// <param name="Id">The plug-in's id, which is its engine's scheme.</param>
/// <param name="Version">Its version.</param>
/// <param name="EntryAssembly">The full path of the entry assembly.</param>
/// <param name="MinContract">The oldest contract that it works with.</param>
/// <param name="MaxContract">The newest contract that it was built for; newer minor versions of it are fine too.</param>
/// <param name="Description">One line for people; may be empty.</param>
internal sealed record PluginManifest(
    string Id, PluginVersion Version, string EntryAssembly, ContractVersion MinContract, ContractVersion MaxContract, string Description)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "plugin.json";

    /// <summary>The folder that holds everything of the plug-in.</summary>
    public string Folder => Path.GetDirectoryName(EntryAssembly)!;
}
