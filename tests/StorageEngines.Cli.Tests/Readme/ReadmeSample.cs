using Microsoft.Extensions.DependencyInjection;
using StorageEngines.Hosting;

namespace StorageEngines.Cli.Tests.Readme;

/// <summary>The program of README.md, with its two paths, its output and "files change" as parameters.</summary>
internal static class ReadmeSample
{
    internal static async Task RunAsync(string plugins, string volume, TextWriter output, Action filesChange, CancellationToken token)
    {
        // begin
        await using ServiceProvider provider = new ServiceCollection()
            .AddStorageEngines(options => options.PluginDirectories.Add(plugins))
            .BuildServiceProvider();
        var catalog = provider.GetRequiredService<IStorageEngineCatalog>();

        await using ResolvedVolume resolved = await catalog.ResolveAsync(VolumeAddress.Parse(volume), token);
        ISnapshots snapshots = resolved.Engine.Feature<ISnapshots>()!;
        SnapshotInfo monday = await snapshots.CreateAsync(new CreateSnapshotRequest(resolved.Volume.Ref, "monday"), token);
        filesChange();
        SnapshotInfo tuesday = await snapshots.CreateAsync(new CreateSnapshotRequest(resolved.Volume.Ref, "tuesday"), token);
        await foreach (FileChange change in resolved.Engine.Feature<IFileDiff>()!.DiffAsync(new FileDiffQuery(monday.ChangeToken!, tuesday.Ref), token))
        {
            output.WriteLine($"{change.Kind} {change.Path}");
        }
        // end
    }
}
