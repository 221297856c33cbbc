using Microsoft.Extensions.Options;
using StorageEngines.Transport;

namespace StorageEngines.Hosting;

/// <summary>Makes a catalogue of engines for a program that has no service container; with one, use <see cref="StorageEnginesServiceCollectionExtensions"/>.</summary>
public static class StandaloneCatalog
{
    /// <summary>Makes a catalogue with the same parts that <c>services.AddStorageEngines(...)</c> uses. Dispose it at the end.</summary>
    /// <param name="configure">Sets plug-in directories and engines' settings; null for none.</param>
    /// <returns>The catalogue, which is safe for use by several threads.</returns>
    /// <exception cref="OptionsValidationException">A name or a form in the options is wrong; the message says which.</exception>
    public static IStorageEngineCatalog Create(Action<StorageEnginesOptions>? configure = null)
    {
        var options = new StorageEnginesOptions();
        configure?.Invoke(options);
        ValidateOptionsResult result = new StorageEnginesOptionsValidator().Validate(null, options);
        if (result.Failed)
        {
            throw new OptionsValidationException(StorageEnginesOptions.SectionName, typeof(StorageEnginesOptions), result.Failures);
        }

        TimeProvider time = TimeProvider.System;
        var commands = new CommandRunnerProvider([new SshCommandTransport(time)], time);
        var seams = new HostSeams(commands, new HttpConnector(), new SecretResolver(), time);
        return new StorageEngineCatalog(Options.Create(options), [], seams) { Owned = commands };
    }
}
