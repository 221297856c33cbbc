namespace StorageEngines.Hosting;

/// <summary>A plug-in that was found and cannot be used.</summary>
/// <param name="Path">The file or folder that is at fault.</param>
/// <param name="Fault">What is wrong.</param>
/// <param name="Message">The same for a person, with the path and what to do.</param>
public sealed record PluginFailure(string Path, PluginFault Fault, string Message)
{
    internal static PluginFailure From(PluginException e) => new(e.Path, e.Fault, e.Message);
}
