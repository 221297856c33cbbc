using System.Reflection;
using System.Text.Json;
using BenchmarkDotNet.Attributes;

namespace StorageEngines.KernelBenchmarks;

/// <summary>
/// Runs each benchmark once after a warm-up and compares the bytes it allocates with its budget in <c>benchmarks/budgets.json</c>. Bytes, unlike seconds, are
/// the same on every machine, so they can be a gate.
/// </summary>
internal static class AllocationGate
{
    public static int Run()
    {
        Dictionary<string, long> budgets = ReadBudgets();
        int failed = 0;
        int passed = 0;
        foreach ((string name, long allocated) in Measure())
        {
            bool known = budgets.Remove(name, out long budget);
            bool within = known && allocated <= budget;
            string words = within ? "ok" : known ? "OVER BUDGET" : "HAS NO BUDGET";
            Console.WriteLine($"{name,-44} {allocated,12:N0} of {budget,12:N0} bytes  {words}");
            _ = within ? passed++ : failed++;
        }

        foreach (string name in budgets.Keys)
        {
            Console.WriteLine($"{name}: there is a budget but no benchmark");
            failed++;
        }

        Console.WriteLine($"{passed} passed, {failed} failed");
        return failed == 0 ? 0 : 1;
    }

    private static IEnumerable<(string Name, long Bytes)> Measure()
    {
        foreach (Type type in typeof(AllocationGate).Assembly.GetTypes().OrderBy(type => type.Name))
        {
            MethodInfo[] benchmarks = [.. type.GetMethods().Where(method => method.IsDefined(typeof(BenchmarkAttribute)))];
            if (benchmarks.Length == 0)
            {
                continue;
            }

            object instance = Activator.CreateInstance(type)!;
            Invoke(instance, type.GetMethods().FirstOrDefault(method => method.IsDefined(typeof(GlobalSetupAttribute))));
            foreach (MethodInfo benchmark in benchmarks)
            {
                Invoke(instance, benchmark);
                Invoke(instance, benchmark);
                long before = GC.GetAllocatedBytesForCurrentThread();
                Invoke(instance, benchmark);
                yield return ($"{type.Name}.{benchmark.Name}", GC.GetAllocatedBytesForCurrentThread() - before);
            }

            Invoke(instance, type.GetMethods().FirstOrDefault(method => method.IsDefined(typeof(GlobalCleanupAttribute))));
        }
    }

    private static void Invoke(object instance, MethodInfo? method) => method?.Invoke(instance, null);

    private static Dictionary<string, long> ReadBudgets()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "StorageEngines.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        string file = Path.Combine(folder ?? throw new DirectoryNotFoundException("Run this from within a checkout."), "benchmarks", "budgets.json");
        using JsonDocument budgets = JsonDocument.Parse(File.ReadAllBytes(file));
        return budgets.RootElement.EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetInt64());
    }
}
